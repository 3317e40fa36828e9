// Server-sent events out of a stream of text, cut anywhere. A line may end in \n, \r\n or \r.
//
//   id: 9121          ─►  {id: '9121', type: 'call', data: '{"id":...}'}
//   event: call
//   data: {"id":...}
//   (empty line)

/** feed(text) gives the events that *text* completed. A comment (": ping") gives none. */
export function parser() {
  let rest = '', id = '', type = '', data = [];
  const line = (text, out) => {
    if (text === '') {
      if (data.length) out.push({ id, type: type || 'message', data: data.join('\n') });
      type = ''; data = [];
      return;
    }
    const colon = text.indexOf(':');
    if (colon === 0) return;
    const field = colon < 0 ? text : text.slice(0, colon);
    const value = colon < 0 ? '' : text.slice(colon + 1).replace(/^ /, '');
    if (field === 'data') data.push(value);
    else if (field === 'event') type = value;
    else if (field === 'id' && !value.includes('\0')) id = value;
  };
  return {
    feed(text) {
      const out = [];
      rest += text;
      // A \r at the very end may be half of \r\n: it waits for what follows.
      for (let end; (end = rest.search(/\r\n|\n|\r(?!$)/)) >= 0;) {
        const ending = rest.startsWith('\r\n', end) ? 2 : 1;
        line(rest.slice(0, end), out);
        rest = rest.slice(end + ending);
      }
      return out;
    },
  };
}
