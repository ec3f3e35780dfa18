/** Patterns of secrets, with their names. Each pattern matches only at the start of a word, so that matching takes linear time. */
const PATTERNS: readonly (readonly [name: string, pattern: RegExp])[] = [
  ['a private key', /-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----/],
  ['a JSON web token', /(?<![\w-])eyJ[\w-]{5,}\.[\w-]{5,}\./],
  ['a bearer token', /(?<!\w)bearer\s{1,4}(?!REDACTED)[\w\-.~+/]{8,}/i],
  ['basic credentials', /(?<!\w)basic\s{1,4}[A-Za-z0-9+/]{8,}={0,2}(?![\w ])/i],
  ['a URL with a password', /(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{1,30}:\/\/[^\s:/@]{0,256}:(?!REDACTED|\*{3}|xxx|%s|\$|<)[^\s/@]{1,256}@/i],
  [
    'a password or key',
    /(?<![a-z0-9])(?:password|passwd|pwd|secret|api[_-]?key|access[_-]?token|client[_-]?secret)["']?\s{0,2}[=:]\s{0,2}["']?(?!REDACTED|\*{3}|xxx)[^\s"'&;,$?:{}<>%@*()]{4,}/i,
  ],
  [
    'an access key',
    /(?<![A-Za-z0-9])(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{30,}|xox[abprs]-[A-Za-z0-9-]{10,}|sk_live_[A-Za-z0-9]{16,}|AIza[\w-]{35})/,
  ],
  ['an e-mail address', /(?<![\w.%+-])(?<!:\/\/[^\s/@]{0,64})[\w.%+-]+@[a-z0-9](?:[a-z0-9-]{0,62}\.){1,8}[a-z]{2,24}(?![\w-])/i],
];

/** The kind of secret that the text looks like, or undefined. Never the secret itself. */
export function secretIn(text: string): string | undefined {
  return PATTERNS.find(([, pattern]) => pattern.test(text))?.[0] ?? (hasCardNumber(text) ? 'a card number' : undefined);
}

/** Whether an attribute with this name always counts as a secret. */
export const isSecretName = (name: string): boolean =>
  /(?:^|[._-])(?:password|passwd|pwd|secret|api[_-]?key|authorization|cookie|set-cookie|access[_-]?token|refresh[_-]?token|private[_-]?key|client[_-]?secret|session[_-]?token)$/i.test(
    name,
  );

/** Whether a value is already redacted: empty, asterisks, or a placeholder. */
export const isRedacted = (value: string): boolean => /^(?:\*+|x{3,}|<?\[?redacted\]?>?|<?hidden>?)?$/i.test(value);

const DIGITS = /(?<![\w.-])\d(?:[ -]?\d){13,15}(?![\w-])/g;
/** Prefixes and lengths of Visa, Mastercard, American Express, Discover, JCB and Diners. Luhn alone would accept one in ten long numbers. */
const CARD =
  /^(?:4\d{15}|5[1-5]\d{14}|2(?:2[2-9]|[3-6]\d|7[01])\d{13}|3[47]\d{13}|6(?:011|5\d\d|4[4-9]\d)\d{12}|35\d{14}|3(?:0[0-5]|[68]\d)\d{11})$/;

function hasCardNumber(text: string): boolean {
  const numbers = (text.match(DIGITS) ?? []).map((found) => found.replace(/\D/g, ''));
  return numbers.some((number) => CARD.test(number) && luhn(number));
}

function luhn(digits: string): boolean {
  const sum = digits
    .split('')
    .toReversed()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 0 ? 1 : 2);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}
