// Codes of the server in the reader's words: states, troubles, outcomes, refusals, callers. Pure; plain text only.

import { telephone, duration, hours } from './format.js';
import { t, tFirst } from './i18n.js';

const GLYPHS = {
  connecting: 'silence', greeting: 'agent', listening: 'caller', thinking: 'think', tool: 'tool',
  speaking: 'agent', transferring: 'queue', operator: 'human', ended: 'hang',
};

/** Who holds the floor, as a picture. */
export const glyphOf = call => (call.trouble?.code === 'dead_air' ? 'silence' : GLYPHS[call.state] ?? 'silence');

export function stateWords(call, me) {
  if (call.state === 'ended') return call.outcome ? t('st.ended.how', { outcome: outcomeWords(call.outcome) }) : t('st.ended');
  if (call.state === 'operator' && call.operator) return call.operator === me ? t('st.mine') : t('st.operator.who', { name: call.operator });
  return tFirst([`st.${call.state}`]) ?? call.state;
}

export const outcomeWords = code => tFirst([`o.${code ?? ''}`]) ?? code;

/** A caller is an object of name and number, either of which may be missing. */
export function callerName(caller) {
  if (typeof caller === 'string') return telephone(caller) || t('c.withheld');
  return caller?.name || telephone(caller?.tel) || t('c.withheld');
}
export const callerTel = caller => (caller?.name ? telephone(caller.tel) : '');

/** Why a call needs somebody; *now* lets a wait grow before one's eyes. */
export function troubleWords(trouble, now) {
  const args = { ...trouble.args };
  if (trouble.code === 'queue_wait') {
    if (typeof args.s === 'number') args.t ??= args.s;
    if (typeof args.t === 'number') args.t = duration(args.t * 1000);
    args.t ??= duration(now - trouble.since);
  }
  if (trouble.code === 'tool_failed' && args.n > 1) return t('tr.tool_failed.n', args);
  return tFirst([`tr.${trouble.code}`], args) ?? t('tr.other', { code: trouble.code });
}

/** What happened and who is free, if the server said so. */
export function hintWords(hint) {
  if (!hint) return '';
  const args = { ...hint.args };
  if (args.queue) args.queue = queueName(args.queue);
  if (args.stage) args.stage = t(`lat.${args.stage}`);
  if (typeof args.at === 'number') args.at = hours(args.at);
  return tFirst([`hint.${hint.code}`], args) ?? (typeof args.text === 'string' ? args.text : '');
}

export const queueName = queue => tFirst([`queue.${queue}`]) ?? queue;

/** Why a wish was refused. */
export const refusalWords = ({ code, args = {}, detail = '' }) => tFirst([`err.${code}`], args) ?? (detail || t('err.other', { code }));

/** A neighbour's name in the reader's language, if the dictionary has one for its id. */
export const depName = dep => tFirst([`dep.${dep.id}`]) ?? dep.name ?? dep.id;

/** What a neighbour's state means. */
export function depWords(dep) {
  const { code = '', args = {} } = dep.text ?? {};
  return tFirst([`dt.${dep.id}.${code}`, `dt.${code}`], args) ?? (typeof args.text === 'string' ? args.text : code);
}
