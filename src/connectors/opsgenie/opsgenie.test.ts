import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import opsgenie from './index.ts'

testActionConnector(opsgenie, new URL('./fixtures/', import.meta.url))
