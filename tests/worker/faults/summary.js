// A run in a few lines.

export function summary({ accounts }, { posts, forgeries }, duplicates) {
  const all = [...accounts.values()];
  // An object's death is a fault of the one event that it was drawn for.
  const steps = all.flatMap(({ steps }) => steps).filter(({ step }) => step !== "claims");
  const faults = steps.filter(({ mode }) => mode !== "works");
  const attempts = all.flatMap(({ attempts }) => attempts);
  const messages = all.reduce((sum, { landed }) => sum + landed, 0);
  return [
    `${all.length} events, ${posts} deliveries (${forgeries} forged), ${messages} messages`,
    `${faults.length} faults in ${steps.length} steps`,
    `answers: ${listed(counted(attempts, ({ code }) => code ?? "none, given up"))}`,
    ...[...groups(faults, ({ step }) => step)].map(
      ([step, faults]) => `${step}: ${listed(counted(faults, ({ mode }) => mode))}`,
    ),
    `duplicates: ${listed(duplicates)}`,
  ];
}

function groups(list, of) {
  const groups = new Map();
  for (const item of list) groups.set(of(item), [...(groups.get(of(item)) ?? []), item]);
  return groups;
}

function counted(list, of) {
  const counts = new Map();
  for (const item of list) counts.set(of(item), (counts.get(of(item)) ?? 0) + 1);
  return counts;
}

const listed = (counts) =>
  [...counts].map(([what, count]) => `${what} ${count}`).join(", ") || "none";
