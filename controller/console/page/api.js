// Our REST interface. Every answer is {ok, status, body, code, args}; nothing is thrown.
//
// code and args say in the dictionary's terms why not (RFC 9457 problem details). Two of them are ours: "network" when nothing came
// back, "no_answer" when nothing came in time.

const ROOT = new URL('../api/v1/', import.meta.url);
export const ANSWER_MS = 4000; // the controller itself gives a call 3 s

let csrf = '';
export const useCsrf = value => { csrf = value ?? ''; };
export const address = path => new URL(path, ROOT).href;
export const escaped = id => encodeURIComponent(id);

export const get = path => ask('GET', path, {}, 10_000);

/** A wish. *key* is the same for each try of the same wish, so that it happens once. */
export function send(method, path, body, { key, ifState } = {}) {
  const headers = { 'X-CSRF': csrf, 'Idempotency-Key': key ?? newKey() };
  if (ifState !== undefined && ifState !== null) headers['If-State'] = String(ifState);
  return ask(method, path, headers, ANSWER_MS, body);
}

export function openStream(lastId, follow, signal) {
  const headers = { Accept: 'text/event-stream' };
  if (lastId) headers['Last-Event-ID'] = lastId;
  const query = follow ? `?follow=${escaped(follow)}` : '';
  return fetch(address(`stream${query}`), { headers, signal, cache: 'no-store', credentials: 'same-origin' });
}

/** Not crypto.randomUUID: that exists only where the page came by https or from this machine. */
export const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('');

async function ask(method, path, headers, timeoutMs, body) {
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), timeoutMs);
  try {
    const response = await fetch(address(path), {
      method,
      headers: { Accept: 'application/json', ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: patience.signal,
      cache: 'no-store',
      credentials: 'same-origin',
    });
    const told = response.status === 204 ? null : await response.json().catch(() => null);
    if (response.ok) return { ok: true, status: response.status, body: told };
    return { ok: false, status: response.status, body: told, code: told?.code ?? `http_${response.status}`, args: told?.args ?? {}, detail: told?.detail ?? '' };
  } catch {
    return { ok: false, status: 0, body: null, code: patience.signal.aborted ? 'no_answer' : 'network', args: {}, detail: '' };
  } finally {
    clearTimeout(timer);
  }
}
