/** Returns a module that is run in dispatch's place, in which a request ends after other milliseconds than usual; null for never. */
export const withTimeout = (around, ms) =>
  `const timeout = AbortSignal.timeout.bind(AbortSignal);
   AbortSignal.timeout = () => ${ms === null ? "new AbortController().signal" : `timeout(${ms})`};
   ${around}`;
