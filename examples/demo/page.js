const oars = [...document.querySelectorAll('.oar')];
const crew = [document.body.dataset.pid];

/** Shows in the picture which worker answered; a worker seen for the first time takes the next free oar. */
function row(pid) {
  if (!crew.includes(pid)) crew.push(pid);
  const oar = oars[crew.indexOf(pid) % oars.length];
  oar.querySelector('text').textContent = pid;
  for (const each of oars) each.classList.toggle('active', each === oar);
  oar.classList.add('pulling');
  setTimeout(() => oar.classList.remove('pulling'), 350);
}

async function ask(path) {
  const response = await fetch(path, { cache: 'no-store' });
  const pid = response.headers.get('demo-pid');
  if (pid) row(pid);
  return response;
}

function say(output, text, className = '') {
  const line = document.createElement('div');
  line.textContent = text;
  line.className = className;
  output.append(line);
  return line;
}

function milliseconds(since) {
  const passed = performance.now() - since;
  return `${passed < 10 ? passed.toFixed(1) : Math.round(passed)} ms`;
}

async function sendCrew(output) {
  const tally = say(output, '', 'tally');
  const counts = new Map();
  const started = performance.now();
  const one = async () => {
    const response = await ask('slow?seconds=0.1');
    const { worker } = await response.json();
    counts.set(worker, (counts.get(worker) ?? 0) + 1);
    showTally(tally, counts);
  };
  await Promise.all(Array.from({ length: 24 }, one));
  const workers = counts.size === 1 ? 'one worker; start with --workers 4 to see more' : `${counts.size} workers`;
  say(output, `24 answers in ${milliseconds(started)} from ${workers}`);
}

function showTally(tally, counts) {
  tally.replaceChildren();
  for (const [worker, count] of [...counts].sort()) {
    say(tally, worker);
    say(tally, '', 'bar').style.width = `${(count / 24) * 100}%`;
    say(tally, String(count));
  }
}

async function readStream(output) {
  const started = performance.now();
  const response = await ask('stream');
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    say(output, `${milliseconds(started).padStart(8)}  ${part.value.trimEnd()}`);
  }
}

async function sendEcho(output) {
  const file = document.getElementById('file').files[0];
  const sent = file ? new Uint8Array(await file.arrayBuffer()) : noise(5 * 1024 * 1024);
  const started = performance.now();
  const { status, bytes } = await upload(sent, showProgress(output, 'up'), showProgress(output, 'down'));
  if (status !== 200) return say(output, `Refused with ${status}.`);
  const same = bytes.length === sent.length && bytes.every((byte, index) => byte === sent[index]);
  const verdict = same ? 'every byte came back' : 'what came back differs';
  return say(output, `${sent.length.toLocaleString()} bytes, ${verdict}, in ${milliseconds(started)}`);
}

/** An upload by XMLHttpRequest, because fetch does not tell how far an upload has come. */
function upload(bytes, up, down) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', 'echo');
    request.responseType = 'arraybuffer';
    request.upload.onprogress = up;
    request.onprogress = down;
    request.onerror = () => reject(new Error('the connection broke'));
    request.onload = () => {
      const pid = request.getResponseHeader('demo-pid');
      if (pid) row(pid);
      resolve({ status: request.status, bytes: new Uint8Array(request.response) });
    };
    request.send(bytes);
  });
}

function showProgress(output, label) {
  const bar = document.createElement('progress');
  bar.value = 0;
  bar.ariaLabel = label;
  say(output, label).append(bar);
  return ({ loaded, total }) => {
    bar.value = total ? loaded / total : 1;
  };
}

function noise(length) {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes;
}

async function waitSlow(output) {
  const started = performance.now();
  const slow = ask('slow?seconds=1');
  const healthy = await ask('healthz');
  say(output, `/healthz said ${(await healthy.text()).trim()} after ${milliseconds(started)}`);
  const { worker } = await (await slow).json();
  say(output, `/slow answered after ${milliseconds(started)}, from ${worker}`);
}

async function breakIt(output) {
  const response = await ask('error');
  say(output, `${response.status} ${response.statusText}. Now look at the terminal.`);
}

async function showHeaders(output) {
  const response = await ask('headers');
  const { headers } = await response.json();
  say(output, headers.map((pair) => JSON.stringify(pair)).join('\n'), 'scroll');
}

const experiments = {
  crew: sendCrew,
  stream: readStream,
  echo: sendEcho,
  slow: waitSlow,
  broken: breakIt,
  headers: showHeaders,
};

for (const button of document.querySelectorAll('button[data-try]')) {
  const output = button.parentElement.querySelector('output');
  button.addEventListener('click', async () => {
    button.disabled = true;
    output.replaceChildren();
    try {
      await experiments[button.dataset.try](output);
    } catch (error) {
      say(output, `It failed: ${error.message}`);
    }
    button.disabled = false;
  });
}

addEventListener('load', () => {
  const [visit] = performance.getEntriesByType('navigation');
  const took = document.getElementById('took');
  took.textContent = `answered in ${(visit.responseEnd - visit.requestStart).toFixed(1)} ms`;
  took.hidden = false;
});
