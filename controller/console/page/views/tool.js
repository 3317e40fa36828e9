// One call of a tool: a line that unfolds to arguments, result and how long it took of its budget.

import { html, nothing } from '../lit.js';
import { num, t } from '../i18n.js';
import { stamp } from '../format.js';
import { icon } from './icon.js';

export function tool(app, turn) {
  const used = turn.tool ?? {};
  const status = used.status ?? 'ok';
  const failed = status === 'fail';
  return html`<li class="turn tool ${status}" id="turn-${turn.n}" data-n=${turn.n} tabindex="-1"><time class="num">${stamp(turn.at)}</time><details ?open=${failed && !app.isPhone()}>
    <summary>${icon('chev', 'chev')}${icon(failed ? 'warn' : 'tool')}<code>${used.name}</code><span class="brief" lang="uk">${used.brief}</span><span class="num tms">${status === 'run'
      ? t('tool.run') : used.ms != null ? html`${num(used.ms)} ${t('u.ms')}` : nothing}</span>${failed ? html`<span class="vh">, ${t('tool.fail')}</span>` : nothing}</summary>
    <div class="tool-b"><div><h4>${t('tool.args')}</h4><pre tabindex="0" lang="uk">${json(used.args)}</pre></div>
      <div><h4>${t(failed ? 'tool.err' : 'tool.res')}</h4><pre tabindex="0" lang="uk">${status === 'run' ? '…' : json(failed ? used.error ?? used.result : used.result)}</pre></div>
      ${status === 'run' ? nothing : html`<p class="meta num">${meta(used, failed)}</p>`}</div></details></li>`;
}

function meta(used, failed) {
  const told = [t(failed ? 'tool.fail' : 'tool.ok')];
  if (used.ms != null) told.push(used.budget_ms ? t('tool.meta', { d: used.ms, b: used.budget_ms, n: used.attempt ?? 1 }) : t('tool.of', { d: used.ms, n: used.attempt ?? 1 }));
  if (used.redacted?.length) told.push(t('tool.redacted', { names: used.redacted.join(', ') }));
  return told.join(', ');
}

const json = value => (typeof value === 'string' ? value : JSON.stringify(value ?? null, null, 1));
