module.exports = () => globalThis.traceStore.close();
