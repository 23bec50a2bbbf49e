import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import n8n from './index.ts'

testActionConnector(n8n, new URL('./fixtures/', import.meta.url))
