import { testActionConnector } from '../../../test/contracts/action-connector.ts'
import jira from './index.ts'

testActionConnector(jira, new URL('./fixtures/', import.meta.url))
