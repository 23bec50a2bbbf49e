import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import elasticsearch from './index.ts'

testActionConnector(elasticsearch, new URL('./fixtures/', import.meta.url))
