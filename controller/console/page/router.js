// The address is the state: #live/c-4127?tab=log, #past/4117/full?q=не+ті. Reload, back and a link that is sent on all show the same.

export const VIEWS = ['live', 'past', 'ops', 'health'];

/** {view, id, full, query} of a location's hash. */
export function parse(hash) {
  const [path, search = ''] = hash.replace(/^#/, '').split('?', 2);
  const [view, id = '', part = ''] = path.split('/');
  return {
    view: VIEWS.includes(view) ? view : 'live',
    id: VIEWS.includes(view) ? decoded(id) : '',
    full: part === 'full',
    query: Object.fromEntries(new URLSearchParams(search)),
  };
}

export function format({ view, id = '', full = false, query = {} }) {
  const kept = Object.entries(query).filter(([, value]) => value !== '' && value !== undefined && value !== null);
  const search = kept.length ? `?${new URLSearchParams(kept)}` : '';
  return `#${view}${id ? `/${encodeURIComponent(id)}` : ''}${id && full ? '/full' : ''}${search}`;
}

function decoded(part) {
  try { return decodeURIComponent(part); } catch { return part; }
}
