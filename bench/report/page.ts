/** What a result becomes on its page. */
export interface Figures {
  /** Of the page, docs/benchmarks/<page>.md. */
  readonly page: string;
  /** Of this result on the page: the experiment, or one of its variants. Also of the picture and the kept result. */
  readonly name: string;
  /** Markdown: tables, and what follows from the figures alone. */
  readonly text: string;
  /** Each drawn to <name>.svg, or <name>-<its key>.svg. */
  readonly pictures: Readonly<Record<string, { readonly svg: string; readonly alt: string }>>;
}

/** The page with the part between the result's two marks replaced; a page without these gets them at its end. */
export function place(page: string, { name, text, pictures }: Figures): string {
  const [begin, end] = [`<!-- figures of ${name} -->`, `<!-- end of ${name} -->`];
  const shown = Object.entries(pictures).map(([key, { alt }]) => `![${alt}](${fileOf(name, key)})`);
  const part = [begin, text, ...shown, end].join('\n\n');
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) return `${page.trimEnd()}\n\n${part}\n`;
  return page.slice(0, from) + part + page.slice(to + end.length);
}

export function fileOf(name: string, picture: string): string {
  return picture === '' ? `${name}.svg` : `${name}-${picture}.svg`;
}
