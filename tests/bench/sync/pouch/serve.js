// express-pouchdb over PouchDB's own store. Words: node_modules, port, folder.
const [modules, port, folder] = process.argv.slice(2)
const load = name => require(`${modules}/${name}`)
const PouchDB = load('pouchdb').defaults({ prefix: `${folder}/` })
const app = load('express')()
app.use('/', load('express-pouchdb')(PouchDB, {
  mode: 'minimumForPouchDB', inMemoryConfig: true, logPath: `${folder}/log.txt`
}))
app.listen(Number(port), '127.0.0.1')
