// Counts of random and repeated tests: `npm test` takes the first number, `.ci/long`, which sets LONG, the second.
export const times = (short, full) => (process.env.LONG ? full : short);
