// What the console knows of the floor: a snapshot, and every event after it. No DOM, no clock, no network: the same events make the same board.
//
//   snapshot ─► calls, queue, operators, callbacks, health          all calls, without their turns
//   call, call.end, queue, operator, callback, health ─► patches    also those
//   turn, interim, heard, log ─► open                               only of the one call that the reader has open
//
// Everything in it is what others said and wrote: data, shown as text.

import { merge } from './merge.js';

export const LOG_ROWS = 2000;

export function emptyBoard() {
  return { calls: new Map(), queue: new Map(), operators: new Map(), callbacks: new Map(), health: new Map(), open: null, lastEnd: 0, told: false };
}

/** The call whose turns and log are kept. What was kept of another is forgotten. */
export function openCall(board, id) {
  if (board.open?.id === id) return;
  board.open = id ? { id, call: board.calls.get(id) ?? null, turns: new Map(), fresh: null, log: [], seqs: new Set(), state: 'loading' } : null;
}

/** REST is asked for the whole open call: what the stream tells until it answers is newer than the answer. */
export function expectOpen(board) {
  board.open.fresh = new Map();
}

/** What REST told of the open call. */
export function fillOpen(board, whole) {
  const { turns = [], ...call } = whole;
  const open = board.open;
  open.call = board.calls.get(open.id) ?? { ...open.call, ...call };
  open.state = 'loaded';
  open.turns = new Map(turns.map(turn => [String(turn.n), turn]));
  for (const [n, { heardOnly, ...turn }] of open.fresh ?? []) {
    const told = open.turns.get(n);
    if (heardOnly) { if (told) open.turns.set(n, { ...told, ...turn }); } else if (!told || !turn.interim) open.turns.set(n, turn);
  }
  open.fresh = null;
}

/** Older lines of the open call's log, as REST gives them. */
export function fillLog(board, lines) {
  const open = board.open;
  const newer = open.log;
  open.log = [];
  open.seqs = new Set();
  for (const line of [...lines, ...newer]) addLine(open, line);
}

/** One event of the stream. Unknown ones are left alone: the server may be newer than this page. */
export function receive(board, type, data) {
  const handler = handlers[type];
  if (handler) handler(board, data);
}

/** Turns of the open call, in the order in which they began. */
export function turnsOf(open) {
  return [...open.turns.values()].sort((a, b) => a.at - b.at || order(a.n, b.n));
}

const order = (a, b) => (typeof a === 'number' && typeof b === 'number' ? a - b : String(a) < String(b) ? -1 : 1);
const byId = (items, key = 'id') => new Map((items ?? []).map(item => [item[key], item]));

const handlers = {
  snapshot(board, data) {
    board.told = true;
    board.calls = byId(data.calls);
    board.queue = byId(data.queue, 'call');
    board.operators = byId(data.operators);
    board.callbacks = byId(data.callbacks);
    board.health = byId(data.health);
    if (data.last_end) board.lastEnd = data.last_end;
    if (board.open) {
      const call = board.calls.get(board.open.id);
      if (call) board.open.call = call;
    }
  },
  call(board, { id, patch }) {
    const call = board.calls.get(id);
    if (patch === null) board.calls.delete(id);
    else setCall(board, id, merge(call ?? { id }, patch));
  },
  'call.end'(board, { id, outcome, ended }) {
    board.lastEnd = Math.max(board.lastEnd, ended ?? 0);
    const call = board.calls.get(id) ?? (board.open?.id === id ? board.open.call : null);
    if (call) setCall(board, id, { ...call, state: 'ended', outcome, ended, trouble: null, can: [] });
  },
  turn(board, { call, turn }) {
    const open = ofOpen(board, call);
    if (open) setTurn(open, turn.n, turn);
  },
  interim(board, { call, n, at, text, who }) {
    const open = ofOpen(board, call);
    const known = open?.turns.get(String(n));
    if (open && (!known || known.interim)) setTurn(open, n, { n, at, text, who: who ?? 'caller', interim: true });
  },
  heard(board, { call, n, chars, played_ms }) {
    const open = ofOpen(board, call);
    const turn = open?.turns.get(String(n));
    if (turn) setTurn(open, n, { ...turn, heard_chars: chars, played_ms });
    else open?.fresh?.set(String(n), { n, heard_chars: chars, played_ms, heardOnly: true });
  },
  log(board, { call, ev }) {
    const open = board.open?.id === call ? board.open : null;
    if (open) addLine(open, ev);
  },
  queue: (board, data) => { board.queue = list(board.queue, data, 'call'); },
  operator: (board, data) => { board.operators = list(board.operators, data, 'id'); },
  callback: (board, data) => { board.callbacks = list(board.callbacks, data, 'id'); },
  health: (board, data) => { board.health = list(board.health, data, 'id'); },
};

function setCall(board, id, call) {
  board.calls.set(id, call);
  if (board.open?.id === id) board.open.call = call;
}

const ofOpen = (board, id) => (board.open?.id === id ? board.open : null);

function setTurn(open, n, turn) {
  open.turns.set(String(n), turn);
  open.fresh?.set(String(n), turn);
}

function addLine(open, line) {
  if (open.seqs.has(line.seq)) return;
  open.seqs.add(line.seq);
  open.log.push(line);
  if (open.log.length > LOG_ROWS) open.seqs.delete(open.log.shift().seq);
}

/** A whole list, a patch of one item ({id, patch}; patch null takes it away), or one whole item. */
function list(known, data, key) {
  const whole = Array.isArray(data) ? data : data.items;
  if (whole) return byId(whole, key);
  const changed = new Map(known);
  const id = data[key] ?? data.id;
  if (!('patch' in data)) changed.set(id, data);
  else if (data.patch === null) changed.delete(id);
  else changed.set(id, merge(known.get(id) ?? { [key]: id }, data.patch));
  return changed;
}
