/** `CommandAndControl`, as Sentinel spells it, in ATT&CK's words: `Command and Control`. */
export function tacticName(tactic: string): string {
  return tactic.replace(/(?<=[a-z])(?=[A-Z])/g, ' ').replace(/ (And|Of) /g, (word) => word.toLowerCase());
}

const techniquePattern = /^(T\d{4})(?:\.(\d{3}))?$/;

/** `T1059.001` → its technique, its page at MITRE, and itself when it is a sub-technique; undefined for what is no technique id. */
export function parseTechnique(
  id: string,
): { technique: string; subTechnique?: string; url: string } | undefined {
  const [, technique, sub] = techniquePattern.exec(id) ?? [];
  if (technique === undefined) return undefined;
  const page = `https://attack.mitre.org/techniques/${technique}/`;
  return sub === undefined
    ? { technique, url: page }
    : { technique, subTechnique: id, url: `${page}${sub}/` };
}
