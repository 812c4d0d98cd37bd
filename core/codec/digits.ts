/** A whole number written in digits alone, as every sender writes it; undefined for anything else. */
export function digits(text: string): number | undefined {
  if (!/^\d{1,16}$/.test(text)) return undefined;
  const value = Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}
