import { serviceColor } from '@waymark/trace-model';

/** The colour of a service as a CSS value, for light and dark pages. */
export const colorOf = (service: string): string => `light-dark(${css(service, 'light')}, ${css(service, 'dark')})`;

function css(service: string, background: 'light' | 'dark'): string {
  const { lightness, chroma, hue } = serviceColor(service, background);
  return `oklch(${lightness} ${chroma} ${hue})`;
}
