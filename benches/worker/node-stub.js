// Replaces the imports of `benches/peers/plain/` from Node, for parts that the Worker by hand does not use.
function unused() {
  throw new Error("a Worker without Node's modules has no use for this");
}

export {
  unused as createHmac,
  unused as createSecretKey,
  unused as hash,
  unused as timingSafeEqual,
};
export { unused as isAscii, unused as isUtf8 };
