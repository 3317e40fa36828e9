// The call's event log: by source, by word, following its tail.

import { html, nothing, repeat } from '../lit.js';
import { t } from '../i18n.js';
import { fineStamp } from '../format.js';
import { address, escaped } from '../api.js';
import { refusalWords } from '../naming.js';
import { icon } from './icon.js';

const SOURCES = ['ari', 'rtp', 'vad', 'stt', 'llm', 'tts', 'tool', 'ctl'];

export function log(app, open) {
  const { ui } = app;
  const wanted = filter(open.log, ui.logSource, ui.logText);
  const chip = (id, words) => html`<button type="button" class="chip" data-log=${id} aria-pressed=${ui.logSource === id ? 'true' : 'false'} @click=${() => app.set({ logSource: id })}>${words}</button>`;
  return html`<section class="log" aria-labelledby="h-log"><div class="sec-h"><h2 id="h-log">${t('log.h')}</h2><a class="lnk" href=${address(`calls/${escaped(open.id)}/log.jsonl`)} download="${open.id}.jsonl">${t('log.dl')}</a></div>
    <div class="field sm">${icon('search')}<input type="search" id="q-log" autocomplete="off" spellcheck="false" placeholder=${t('log.filter')} aria-label=${t('log.filter')} .value=${ui.logText} @input=${event => app.set({ logText: event.target.value })}></div>
    <div class="chips" role="group" aria-label=${t('log.src')}>${chip('', t('log.all'))}${chip('!err', t('log.err'))}${SOURCES.map(source => chip(source, source))}</div>
    <ol class="evs" id="evs" tabindex="0" aria-labelledby="h-log">${repeat(wanted, line => line.seq, row)}</ol>
    ${open.logProblem ? html`<p class="muted none" id="log-failed">${t('failed', { why: refusalWords(open.logProblem) })}</p>`
      : wanted.length ? nothing : html`<p class="muted none" id="log-none">${t(open.log.length ? 'log.none' : 'log.empty')}</p>`}
    ${app.logEnd.following ? nothing : html`<button type="button" class="btn newest" @click=${() => app.logEnd.toEnd()}>${icon('down')}${t('log.newest')}</button>`}</section>`;
}

const row = line => html`<li class="ev ${line.lvl}" data-src=${line.src}><time class="num">${fineStamp(line.at)}</time><span class="src">${line.src}</span><span class="tx"><span class="nm">${line.name}</span> <span class="dt" lang="uk">${line.text}</span></span></li>`;

/** *source*: one of those above, "!err" for what is not well, or all. */
export function filter(lines, source, text) {
  const words = text.trim().toLowerCase();
  if (!source && !words) return lines;
  return lines.filter(line => (!source || (source === '!err' ? line.lvl : line.src === source))
    && (!words || `${line.src} ${line.name} ${line.text ?? ''}`.toLowerCase().includes(words)));
}
