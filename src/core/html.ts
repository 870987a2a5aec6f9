/** A piece of HTML or SVG that is safe to insert as it is. */
export class Html {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

export type HtmlValue = Html | string | number | readonly Html[];

/** Template tag: every text value is escaped, for element content and for quoted attribute values; `Html` is inserted. */
export function html(parts: TemplateStringsArray, ...values: readonly HtmlValue[]): Html {
  return new Html(parts.map((part, index) => part + render(values[index] ?? '')).join(''));
}

function render(value: HtmlValue): string {
  if (value instanceof Html) return value.source;
  if (typeof value === 'object') return value.map((item) => item.source).join('');
  return String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
