import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import webhook from './index.ts'

testActionConnector(webhook, new URL('./fixtures/', import.meta.url))
