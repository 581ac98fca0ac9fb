import type { JsFunctions } from './js-function.ts';

/** Kusto's functions that take URLs and file paths apart. */
export const urlAndPathFunctions: JsFunctions = {
  parse_path: { takes: ['string'], gives: 'dynamic', call: parsePath },
  parse_url: { takes: ['string'], gives: 'dynamic', call: parseUrl },
  parse_urlquery: {
    takes: ['string'],
    gives: 'dynamic',
    call: (query: string) => JSON.stringify({ 'Query Parameters': parseQuery(query.replace(/^\?/, '')) }),
  },
};

/** `scheme://user:password@host:port/path?query#fragment`; parts that aren't there are empty. */
function parseUrl(url: string): string {
  const parts =
    /^(?:([A-Za-z][A-Za-z0-9+.-]*):\/\/)?(?:([^:@/?#]*)(?::([^@/?#]*))?@)?(\[[^\]]*\]|[^:/?#]*)(?::(\d*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(
      url,
    );
  const [
    ,
    scheme = '',
    user = '',
    password = '',
    host = '',
    port = '',
    path = '',
    query = '',
    fragment = '',
  ] = parts ?? [];
  return JSON.stringify({
    Scheme: scheme,
    Host: host,
    Port: port,
    Path: path,
    Username: user,
    Password: password,
    'Query Parameters': parseQuery(query),
    Fragment: fragment,
  });
}

function parseQuery(query: string): Record<string, string> {
  const members: Record<string, string> = {};
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const at = pair.indexOf('=');
    const [name, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    members[decode(name)] = decode(value);
  }
  return members;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parsePath(given: string): string {
  const [, scheme = '', rest = ''] = /^(?:([A-Za-z][A-Za-z0-9+.-]+):\/\/)?(.*)$/s.exec(given) ?? [];
  const root = /^(?:\\\\\?\\)?([A-Za-z]:)/.exec(rest)?.[1] ?? '';
  const separator = Math.max(rest.lastIndexOf('\\'), rest.lastIndexOf('/'));
  const directory = separator < 0 ? '' : rest.slice(0, separator);
  const [file = '', stream = ''] = rest.slice(separator + 1).split(':');
  const isRootOnly = separator < 0 && /^[A-Za-z]:$/.test(rest);
  const extension = /\.([^.]*)$/.exec(file)?.[1] ?? '';
  return JSON.stringify({
    Scheme: scheme,
    RootPath: root,
    DirectoryPath: isRootOnly ? rest : directory,
    DirectoryName: /[^\\/]*$/.exec(directory)?.[0] ?? '',
    Filename: isRootOnly ? '' : file,
    Extension: isRootOnly ? '' : extension,
    AlternateDataStreamName: isRootOnly ? '' : stream,
  });
}
