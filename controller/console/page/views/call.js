// One live call: who, what is wrong, what one may do; the talk; latency and log beside it.

import { html, nothing } from '../lit.js';
import { t } from '../i18n.js';
import { duration } from '../format.js';
import { callerName, callerTel, glyphOf, hintWords, refusalWords, stateWords, troubleWords } from '../naming.js';
import { turnsOf } from '../board.js';
import { icon } from './icon.js';
import { inspector, tabs } from './inspector.js';
import { panel } from './panel.js';
import { talk } from './talk.js';

export function call(app) {
  const { ui, board } = app;
  const open = board.open;
  if (!open?.call) return missing(app, open);
  const shown = open.call;
  const turns = turnsOf(open);
  const tab = ui.route.query.tab ?? 'talk';
  return html`<article class="pane call" id="call" aria-labelledby="h-call" data-tab=${tab}>
    <header class="call-h"><a class="btn ico backb" href="#live" aria-label=${t('back')}>${icon('back')}</a>
      <div class="call-t"><h2 id="h-call" tabindex="-1" lang="uk">${callerName(shown.caller)}</h2><span class="tel num">${callerTel(shown.caller)}</span><span class="big num">${duration((shown.ended ?? app.now()) - shown.started)}</span></div>
      ${facts(app, shown)}${trouble(app, shown)}${actions(app, shown)}${panel(app, shown)}</header>
    ${tabs(app, open, tab)}
    <div class="call-b">${talk(app, turns, { live: shown.state !== 'ended', state: open.state })}${inspector(app, open, turns)}</div></article>`;
}

function missing(app, open) {
  const state = open?.state ?? 'loading';
  return html`<article class="pane call empty" id="call"><a class="btn ico backb" href="#live" aria-label=${t('back')}>${icon('back')}</a>${state === 'loading'
    ? html`<p>${t('loading')}</p>`
    : state === 'gone'
      ? html`<h2 id="h-call" tabindex="-1">${t('live.gone.h')}</h2><a class="btn" href=${app.href({ view: 'past', id: app.ui.route.id })}>${t('live.gone.a')}</a>`
      : html`<p>${t('failed', { why: refusalWords(open.problem) })}</p><button type="button" class="btn" @click=${() => app.loadCall()}>${t('retry')}</button>`}</article>`;
}

function facts(app, shown) {
  const { caller = {} } = shown;
  const others = (shown.listeners ?? []).filter(name => name !== app.ui.me.person);
  const told = [
    caller.known > 0 && t('c.known', { n: caller.known }),
    shown.lang && t(`c.lang.${['uk', 'ru'].includes(shown.lang) ? shown.lang : 'mixed'}`),
    shown.line && t('c.line', { n: shown.line }),
    others.length > 0 && t('c.listeners', { names: others.join(', ') }),
  ].filter(Boolean);
  return html`<p class="facts"><span class="now">${icon(glyphOf(shown))}<span>${stateWords(shown, app.ui.me.person)}</span></span>${told.map(words => html`<span>${words}</span><span class="dot" aria-hidden="true">·</span>`)}<span class="num id">${shown.id}</span></p>`;
}

function trouble(app, shown) {
  if (!shown.trouble) return nothing;
  const { level, hint } = shown.trouble;
  return html`<div class="trouble ${level}">${icon(level)}<p><b><span class="vh">${t(`sev.${level}`)}: </span>${troubleWords(shown.trouble, app.now())}.</b> ${hintWords(hint)}</p></div>`;
}

const SHORT = new Set(['transfer', 'take', 'give']);

function actions(app, shown) {
  if (shown.state === 'ended' || !app.acts()) return nothing;
  const mine = app.hasTaken(shown);
  const button = (action, { danger = false, primary = false } = {}) => {
    const off = app.actions.offReason(action, shown);
    const isOpen = app.ui.panel?.kind === action;
    const key = { transfer: 'T', say: 'S', take: 'O', give: 'O', hang: 'X' }[action];
    const glyph = action === 'give' ? 'agent' : action;
    return html`<button type="button" class="btn ${danger ? 'danger' : ''} ${primary ? 'pri' : ''}" data-act=${action} aria-keyshortcuts=${key} aria-expanded=${isOpen ? 'true' : 'false'} aria-controls=${isOpen ? 'panel' : nothing}
      aria-disabled=${off ? 'true' : nothing} title=${off || nothing} @click=${() => app.actions.toggle(action)}>${icon(glyph)}${SHORT.has(action)
        ? html`<span class="lg">${t(`act.${action}`)}</span><span class="smt">${t(`act.${action}.s`)}</span>`
        : html`<span>${t(`act.${action}`)}</span>`}<kbd aria-hidden="true">${key}</kbd></button>`;
  };
  const off = app.actions.offReason('listen', shown);
  const listening = app.listens(shown);
  return html`<div class="acts" role="group" aria-label=${t('act.label')}>${button('transfer', { primary: true })}
    <button type="button" class="btn" data-act="listen" aria-pressed=${listening ? 'true' : 'false'} aria-keyshortcuts="L" aria-disabled=${off ? 'true' : nothing} title=${off || nothing} @click=${() => app.actions.listen(shown)}>${icon('listen')}<span>${t('act.listen')}</span><kbd aria-hidden="true">L</kbd></button>
    ${button('say')}${button(mine ? 'give' : 'take')}<span class="gap"></span>${button('hang', { danger: true })}</div>`;
}
