/**
 * What a decode thread loads: `decode-ledgers.ts`, by import(). piscina would require() it, and Node.js (seen
 * with 20.20) aborts the whole process when a thread is ended, by a timeout or a stop, while it instantiates a module that
 * was required: ModuleWrap::InstantiateSync goes on to ask whether the module is asynchronous.
 */
module.exports = import('./decode-ledgers.js').then((entry) => entry.default);
