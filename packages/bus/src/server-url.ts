// Reads where the bus is. The client knows servers by host and port alone, and takes the name and password apart from them.

export interface ServerAddress {
  /** `host:port` of every server of the cluster that was named. */
  readonly servers: string[];
  readonly user?: string;
  readonly pass?: string;
  readonly token?: string;
}

/**
 * Reads `nats://[user:password@|token@]host:port`, or several such with commas between. Throws TypeError where one is no such URL,
 * without showing it: it may hold a password.
 */
export function parseServerUrl(url: string): ServerAddress {
  const urls = url.split(',').map((one) => readUrl(one.trim()));
  const { username, password } = urls.find((one) => one.username !== '') ?? { username: '', password: '' };
  const servers = urls.map((one) => one.host);
  if (username === '') return { servers };
  if (password === '') return { servers, token: decodeURIComponent(username) };
  return { servers, user: decodeURIComponent(username), pass: decodeURIComponent(password) };
}

function readUrl(text: string): URL {
  const url = URL.parse(text.includes('://') ? text : `nats://${text}`);
  if (url === null || url.host === '')
    throw new TypeError('a URL of the bus is not of the form nats://host:port');
  if (url.protocol !== 'nats:' && url.protocol !== 'tls:') {
    throw new TypeError(`the bus is reached by nats:// or tls://, not by ${url.protocol}//`);
  }
  return url;
}
