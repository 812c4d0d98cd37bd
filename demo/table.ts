type Cell = string | number;

/** Rows as text in columns; numbers to the right. */
export function table(rows: readonly object[]): string {
  const cells = rows.map((row) => Object.entries(row) as [string, Cell][]);
  const titles = cells[0]?.map(([title]) => title) ?? [];
  const widths = titles.map((title, column) =>
    Math.max(title.length, ...cells.map((row) => String(row[column]?.[1] ?? '').length)),
  );
  const line = (values: readonly Cell[]): string =>
    values
      .map((value, column) => {
        const width = widths[column] ?? 0;
        return typeof value === 'number' ? String(value).padStart(width) : value.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '─'.repeat(width)).join('  ');
  return [line(titles), rule, ...cells.map((row) => line(row.map(([, value]) => value)))].join('\n');
}
