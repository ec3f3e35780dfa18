import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { inServiceColor, serviceColor } from './service-color.ts';

test('services with similar names have different colours', () => {
  const names = Array.from({ length: 30 }, (_, at) => `service-${at}`);
  const colors = names.map((name) => JSON.stringify(serviceColor(name, 'light')));
  expect(new Set(colors).size).toBe(names.length);
});

test('no service has the colour of errors or of the critical path, and each is readable on its background', () => {
  fc.assert(
    fc.property(fc.string(), (name) => {
      const [light, dark] = [serviceColor(name, 'light'), serviceColor(name, 'dark')];
      expect(light.hue).toBe(dark.hue);
      expect(light.hue % 360 > 5 && light.hue % 360 < 125).toBe(false);
      expect(light.lightness).toBeLessThan(0.65);
      expect(dark.lightness).toBeGreaterThan(0.65);
    }),
  );
});

/** The steps of red, green and blue of the terminal's colour, 0 to 5. */
function terminalColor(name: string): readonly number[] {
  const code = Number(/38;5;(\d+)m/.exec(inServiceColor(name, ''))?.[1]) - 16;
  return [Math.floor(code / 36), Math.floor(code / 6) % 6, code % 6];
}

test.each([
  ['green', [125, 150], 1],
  ['blue', [240, 280], 2],
  ['red', [350, 365], 0],
] as const)('on a terminal, a service whose hue is near %s has that colour most', (_, [from, to], channel) => {
  const isNear = (name: string): boolean => serviceColor(name, 'dark').hue >= from && serviceColor(name, 'dark').hue < to;
  fc.assert(
    fc.property(fc.string().filter(isNear), (name) => {
      const color = terminalColor(name);
      expect(color[channel]).toBe(Math.max(...color));
    }),
  );
});
