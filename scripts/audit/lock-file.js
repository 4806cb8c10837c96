/**
 * Lists the faults of one of npm's lock files: packages without a hash, whose content nothing checks, and install
 * scripts that package.json does not mention in `allowScripts`.
 */
export function lockFileFindings({ packages }, allowScripts = {}) {
  return Object.entries(packages)
    .filter(([path]) => path !== "")
    .flatMap(([path, { integrity, inBundle, hasInstallScript }]) => {
      const name = path.replace(/^.*node_modules\//, "");
      return [
        // A bundled package is part of another one's archive.
        ...(integrity || inBundle ? [] : [`${name} has no hash`]),
        ...(!hasInstallScript || name in allowScripts
          ? []
          : [`${name} has an install script, which allowScripts lacks`]),
      ];
    });
}
