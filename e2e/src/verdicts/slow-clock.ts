// Preloaded, it makes a process of a host whose clock is five seconds slow.
const SLOW_MS = 5_000;
const now = Date.now;
Date.now = () => now() - SLOW_MS;
Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin - SLOW_MS });
