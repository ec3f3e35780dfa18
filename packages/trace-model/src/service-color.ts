/** A colour in OKLCH, where equal steps look equally large: lightness and chroma from 0 to 1, hue in degrees. */
export interface Oklch {
  readonly lightness: number;
  readonly chroma: number;
  readonly hue: number;
}

/** Red is for errors and yellow for the critical path: services have the other hues. */
const FIRST_HUE = 125;
const HUES = 240;

/** Any seed would do. With this one, the hues of a few common service names are far apart. */
const SEED = 2_166_149_867;

/**
 * The colour of a service, for a dark or a light background. It follows from the name alone, so it is the same on every page and on the
 * terminal, and does not change when other services come. Similar names have different colours.
 */
export function serviceColor(service: string, background: 'light' | 'dark'): Oklch {
  const hash = hashOf(service);
  const shade = ((hash >>> 16) % 3) - 1;
  return {
    lightness: background === 'light' ? 0.52 + 0.08 * shade : 0.75 + 0.07 * shade,
    chroma: 0.12,
    hue: FIRST_HUE + (hash % HUES),
  };
}

/** FNV-1a with the last steps of MurmurHash3: FNV-1a alone gives `cart-1` and `cart-2` similar values. */
function hashOf(text: string): number {
  let hash = SEED;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Text in the colour of a service, for terminals of 256 colours. The colour is readable on a dark and on a light background. */
export function inServiceColor(service: string, text: string): string {
  const [red = 0, green = 0, blue = 0] = rgb({
    ...serviceColor(service, 'dark'),
    lightness: serviceColor(service, 'dark').lightness - 0.08,
  });
  return `\u001b[38;5;${16 + 36 * step(red) + 6 * step(green) + step(blue)}m${text}\u001b[39m`;
}

/** The brightness of a terminal's six steps of each primary colour. */
const STEPS = [0, 95, 135, 175, 215, 255];

function step(channel: number): number {
  const distances = STEPS.map((brightness) => Math.abs(brightness - channel * 255));
  return distances.indexOf(Math.min(...distances));
}

/** In sRGB, each channel from 0 to 1 (https://bottosson.github.io/posts/oklab/). */
function rgb({ lightness, chroma, hue }: Oklch): readonly number[] {
  const a = chroma * Math.cos((hue * Math.PI) / 180);
  const b = chroma * Math.sin((hue * Math.PI) / 180);
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  const linear = [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
  return linear.map((one) => (one <= 0.0031308 ? 12.92 * one : 1.055 * one ** (1 / 2.4) - 0.055));
}
