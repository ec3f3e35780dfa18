// When preloaded, it sets the clock of the process five seconds back.
const SLOW_MS = 5_000;
const now = Date.now;
Date.now = () => now() - SLOW_MS;
Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin - SLOW_MS });
