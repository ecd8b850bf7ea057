// PouchDB on both sides of HTTP on workload W. Words: node_modules, count, file written by matter.py, port, folder.
// It keeps both sides of a conflict and leaves joining them to the application: `join` is ours, field by field.
const [modules, words, file, port, folder] = process.argv.slice(2)
const fs = require('fs')
const net = require('net')
const path = require('path')
const { spawn } = require('child_process')
const PouchDB = require(`${modules}/pouchdb`)

const COUNT = Number(words)
const MATTER = JSON.parse(fs.readFileSync(file, 'utf8'))
const BATCH = { batch_size: 1000 } // its own default of 100 is slower
const EMPTY = 40
const PEER = 'PouchDB'

const jiffies = pid => {
  const cells = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(cells[11]) + Number(cells[12])) / 100
}
const peak = pid => Number(/VmHWM:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024
const loopback = () => process.env.BENCH_ALONE === '1'
  ? Number(/lo:\s*(\d+)/.exec(fs.readFileSync('/proc/net/dev', 'utf8'))[1])
  : null
const rounded = (value, digits) => Number(value.toFixed(digits))

let server
async function step (name, count, work) {
  for (const pid of [process.pid, server.pid]) { try { fs.writeFileSync(`/proc/${pid}/clear_refs`, '5') } catch {} }
  const wire = loopback()
  const theirs = jiffies(server.pid)
  const mine = process.cpuUsage()
  const began = process.hrtime.bigint()
  const more = await work() || {}
  const took = Number(process.hrtime.bigint() - began) / 1e9
  const used = process.cpuUsage(mine)
  console.log(JSON.stringify({
    peer: PEER,
    step: name,
    n: count,
    wall_s: rounded(took, 4),
    rec_per_s: Math.round(count / took),
    wire_bytes: wire === null ? null : loopback() - wire,
    client_cpu_s: rounded((used.user + used.system) / 1e6, 3),
    server_cpu_s: rounded(jiffies(server.pid) - theirs, 3),
    client_peak_mb: rounded(peak(process.pid), 1),
    server_peak_mb: rounded(peak(server.pid), 1),
    ...more
  }))
}

async function edit (db, side) {
  const found = await db.allDocs({ keys: side.map(one => one[0]), include_docs: true })
  await db.bulkDocs(found.rows.map((row, place) => ({ ...row.doc, [side[place][1]]: side[place][2] })))
}

async function join (db) {
  const every = await db.allDocs({ include_docs: true, conflicts: true })
  const out = []
  for (const { doc } of every.rows) {
    if (!doc._conflicts) continue
    const history = (await db.get(doc._id, { revs: true, rev: doc._rev }))._revisions
    const before = await db.get(doc._id, { rev: `${history.start - 1}-${history.ids[1]}` })
    const { _conflicts: others, ...joined } = doc
    for (const rev of others) {
      const other = await db.get(doc._id, { rev })
      for (const name of Object.keys(other)) {
        if (!name.startsWith('_') && other[name] !== before[name]) joined[name] = other[name]
      }
      out.push({ _id: doc._id, _rev: rev, _deleted: true })
    }
    out.push(joined)
  }
  await db.bulkDocs(out)
}

const listens = () => new Promise(resolve => {
  const socket = net.connect(Number(port), '127.0.0.1', () => { socket.destroy(); resolve(true) })
  socket.on('error', () => resolve(false))
})

async function main () {
  fs.mkdirSync(`${folder}/server`, { recursive: true })
  server = spawn(process.execPath, [path.join(__dirname, 'serve.js'), modules, port, `${folder}/server`], { stdio: 'ignore' })
  try {
    for (let tries = 0; !await listens(); tries++) {
      if (tries > 300) throw Error('the server does not listen')
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    const remote = new PouchDB(`http://127.0.0.1:${port}/rec`)
    const [a, b] = ['a', 'b'].map(name => new PouchDB(`${folder}/${name}`))
    for (const db of [a, b, remote]) await db.info()
    await step('create', COUNT, async () => {
      await a.bulkDocs(MATTER.records.map(({ id, ...rest }) => ({ _id: id, ...rest })))
    })
    await step('push', COUNT, async () => { await a.replicate.to(remote, BATCH) })
    await step('pull', COUNT, async () => { await b.replicate.from(remote, BATCH) })
    await edit(a, MATTER.a)
    await edit(b, MATTER.b)
    const edits = [...MATTER.a, ...MATTER.b]
    await step('reconcile', edits.length, async () => {
      await a.sync(remote, BATCH)
      await b.sync(remote, BATCH)
      await join(b)
      await b.sync(remote, BATCH)
      await a.sync(remote, BATCH)
    })
    const rows = async db => JSON.stringify((await db.allDocs({ include_docs: true })).rows.map(row => row.doc))
    if (await rows(a) !== await rows(b)) throw Error('the two do not agree')
    let kept = 0
    for (const [id, name, value] of edits) if ((await a.get(id))[name] === value) kept++
    console.log(JSON.stringify({ peer: PEER, step: 'edits kept', n: edits.length, kept }))
    const took = []
    await step('empty', EMPTY, async () => {
      for (let round = 0; round < EMPTY; round++) {
        const began = process.hrtime.bigint()
        await a.sync(remote, BATCH)
        took.push(Number(process.hrtime.bigint() - began) / 1e6)
      }
      took.sort((one, other) => one - other)
      return { median_ms: rounded(took[EMPTY >> 1], 3) }
    })
    await a.close()
    await b.close()
  } finally {
    server.kill()
  }
}

main().then(() => process.exit(0), error => { console.error(error); process.exit(1) })
