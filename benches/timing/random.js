/** Marsaglia's xorshift: returns a function that gives 32 random bits, the same ones for the same seed. */
export function generator(seed) {
  // Zero would give nothing but zeros.
  let state = seed >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
