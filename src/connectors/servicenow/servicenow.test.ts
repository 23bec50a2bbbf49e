import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import servicenow from './index.ts'

testActionConnector(servicenow, new URL('./fixtures/', import.meta.url))
