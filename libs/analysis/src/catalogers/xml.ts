/**
 * Text and attributes of the first element of a name, '' when there is none. For files of which one or two elements
 * matter; it knows no nesting and takes a time that grows with the text's length only.
 */
export function firstElement(xml: string, name: string): { attributes: string; text: string } {
  for (let at = xml.indexOf(`<${name}`); at >= 0; at = xml.indexOf(`<${name}`, at + 1)) {
    const after = at + name.length + 1;
    if (!/[\s>]/.test(xml[after] ?? '')) continue; // a longer name that begins like this one
    const start = xml.indexOf('>', after);
    const end = xml.indexOf('<', start);
    if (start < 0 || end < 0) break;
    return { attributes: xml.slice(after, start), text: plainText(xml.slice(start + 1, end)).trim() };
  }
  return { attributes: '', text: '' };
}

/** The text without comments. */
export function withoutComments(xml: string): string {
  let plain = '';
  let at = 0;
  for (let start = xml.indexOf('<!--'); start >= 0; start = xml.indexOf('<!--', at)) {
    plain += xml.slice(at, start);
    const end = xml.indexOf('-->', start);
    if (end < 0) return plain;
    at = end + 3;
  }
  return plain + xml.slice(at);
}

function plainText(text: string): string {
  const named: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_, name: string) => named[name] ?? '');
}
