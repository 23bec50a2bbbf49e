import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import { caseFixture } from '../../kit/sample-case.ts'
import { caseBlocks } from './blocks.ts'
import slack from './index.ts'

testActionConnector(slack, new URL('./fixtures/', import.meta.url))

test('nothing that a client wrote mentions, links or marks', () => {
  const hostile = '<!channel> <@U1> <http://evil.example|x> *b* ```\n*out*'
  const file = caseFixture({ observables: { hosts: [hostile], paths: [hostile], userAgents: [hostile] } })
  const blocks = caseBlocks(file) as { type: string; text?: { type: string; text: string } }[]
  const texts = blocks.flatMap(({ text }) => (text?.type === 'mrkdwn' ? [text.text] : []))
  for (const text of texts) {
    assert.doesNotMatch(text.replace(`<${file.link}|Open in Riposte>`, ''), /<[!@#h]/)
    assert.equal(text.split('```').length % 2, 1, 'blocks are closed, and by nobody else')
    assert.ok(text.length <= 3000)
  }
  assert.equal(texts.filter((text) => text.includes('&lt;!channel&gt;')).length, 3)
})

test('long cases stay within the limits of Block Kit', () => {
  const long = 'x'.repeat(9000)
  const file = caseFixture({
    title: long,
    reasons: [long],
    observables: { hosts: [long], paths: [long], userAgents: [] },
  })
  for (const block of caseBlocks(file) as { type: string; text?: { text: string }; fields?: unknown[] }[]) {
    assert.ok((block.text?.text.length ?? 0) <= (block.type === 'header' ? 150 : 3000))
    assert.ok((block.fields?.length ?? 0) <= 10)
  }
})
