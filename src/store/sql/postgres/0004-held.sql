-- Decisions are kept once: their rows alone tell a restart which are held. So far state rows repeated them; what was
-- over and had none was forgotten. From here on `holds` ends in the commit in which the deciding room forgets.
UPDATE decisions SET holds = NULL WHERE holds IS NOT NULL AND until <= (SELECT log_time FROM ledger)
  AND NOT EXISTS (SELECT 1 FROM state WHERE room = 'decisions' AND slot = decisions.holds);
DELETE FROM state WHERE room = 'decisions';
CREATE INDEX decisions_held ON decisions (until) WHERE holds IS NOT NULL;
-- Retention looks for what was withdrawn long ago, and must not read a million that were not.
CREATE INDEX decisions_withdrawn ON decisions (withdrawn_at) WHERE withdrawn_at IS NOT NULL;
