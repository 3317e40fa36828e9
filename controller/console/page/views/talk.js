// The talk as it is spoken: turns, words that nobody heard, words still being recognised, and what the tools did in between.

import { html, nothing, repeat } from '../lit.js';
import { num, t } from '../i18n.js';
import { characters, stamp } from '../format.js';
import { level, total } from '../latency.js';
import { bar } from './charts.js';
import { icon } from './icon.js';
import { tool } from './tool.js';

/** *live*: it still grows; *state*: loading while REST has not answered. */
export function talk(app, turns, { live, state }) {
  return html`<section class="talk"><h3 class="vh" id="h-script">${t('script')}</h3>
    <div class="talk-s" id="talk-s" tabindex="0" role="region" aria-labelledby="h-script"><ol class="script">${repeat(turns, turn => turn.n, turn => shown(app, turn))}</ol>
      ${turns.length ? nothing : html`<p class="muted none">${t(state === 'loading' ? 'loading' : 'talk.empty')}</p>`}</div>
    ${live && !app.talkEnd.following ? html`<button type="button" class="btn newest" id="newest" @click=${() => app.talkEnd.toEnd()}>${icon('down')}${t('newest')}</button>` : nothing}</section>`;
}

const shown = (app, turn) => (turn.who === 'tool' ? tool(app, turn) : turn.interim ? interim(turn) : said(turn));

const speaker = turn => t(turn.who === 'agent' ? 'who.agent' : turn.who === 'caller' ? 'who.caller' : 'who.person');

function said(turn) {
  const { heard, unheard } = parts(turn);
  return html`<li class="turn ${turn.who}" id="turn-${turn.n}" data-n=${turn.n} tabindex="-1"><time class="num">${stamp(turn.at)}</time><b class="sp">${speaker(turn)}</b>
    <p lang="uk">${heard}${unheard ? html`<del><span class="vh">${t('unheard')}</span>${unheard}<span class="vh">${t('unheard.end')}</span></del>` : nothing}${turn.played_ms != null && turn.heard_chars != null
      ? html` <span class="cutat">${icon('cut')}${t('cut.at', { s: num(turn.played_ms / 1000, 1) })}</span>` : nothing}${turn.by ? html` <span class="cutat">${icon('say')}${t('turn.by', { name: turn.by })}</span>` : nothing}</p>${time(turn)}</li>`;
}

const interim = turn => html`<li class="turn ${turn.who} now" id="turn-${turn.n}" data-n=${turn.n}><time class="num">${stamp(turn.at)}</time><b class="sp">${speaker(turn)}</b>
  <p lang="uk"><span class="interim">${turn.text}</span><span class="caret" aria-hidden="true"></span>${turn.who === 'caller' ? html`<span class="vh"> ${t('interim')}</span>` : nothing}</p></li>`;

function time(turn) {
  if (turn.who !== 'agent') return nothing;
  if (!turn.lat || !total(turn.lat)) return html`<span class="tlat"></span>`;
  const ms = total(turn.lat);
  return html`<span class="tlat ${level(ms)}">${bar(turn.lat)}<span class="num">${num(ms)}</span><span class="vh"> ${t('u.ms')}</span></span>`;
}

/** What was heard of a reply, and what was not. */
export function parts({ text, heard_chars: heard }) {
  if (heard === null || heard === undefined) return { heard: text, unheard: '' };
  const all = characters(text);
  return { heard: all.slice(0, heard).join(''), unheard: all.slice(heard).join('') };
}
