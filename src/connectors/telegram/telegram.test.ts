import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import telegram from './index.ts'

testActionConnector(telegram, new URL('./fixtures/', import.meta.url))
