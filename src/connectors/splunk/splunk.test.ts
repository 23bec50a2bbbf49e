import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import splunk from './index.ts'

testActionConnector(splunk, new URL('./fixtures/', import.meta.url))
