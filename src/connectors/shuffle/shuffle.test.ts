import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import shuffle from './index.ts'

testActionConnector(shuffle, new URL('./fixtures/', import.meta.url))
