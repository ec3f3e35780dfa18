// Preload this to make the clock of a process wrong by WRONG_BY_MS milliseconds.
const wrongBy = Number(process.env['WRONG_BY_MS']);
const { now } = Date;

Date.now = () => now() + wrongBy;
Object.defineProperty(performance, 'timeOrigin', { value: performance.timeOrigin + wrongBy });
