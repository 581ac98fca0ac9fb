/** `quantity(2, 'device')` is "2 devices". */
export function quantity(count: number, noun: string): string {
  return `${number(count)} ${noun}${count === 1 ? '' : 's'}`;
}

/** With thousands separators: "2,412". */
export function number(value: number): string {
  return value.toLocaleString('en-US');
}
