-- What the membership of nodes is kept in. Orleans' ADO.NET clustering reads its statements out of orleansquery and asks for nothing
-- else; it holds to the names of parameters and of the columns that come back. Run at every start, so each statement may find its work done.

CREATE TABLE IF NOT EXISTS cluster_service (
    isthere boolean PRIMARY KEY DEFAULT true CHECK (isthere),
    serviceid varchar(150) NOT NULL);

CREATE TABLE IF NOT EXISTS cluster_versions (
    deploymentid varchar(150) PRIMARY KEY,
    version integer NOT NULL DEFAULT 0,
    changedat timestamptz(3) NOT NULL DEFAULT now());

CREATE TABLE IF NOT EXISTS cluster_members (
    deploymentid varchar(150) NOT NULL REFERENCES cluster_versions,
    address varchar(45) NOT NULL,
    port integer NOT NULL,
    generation integer NOT NULL,
    siloname varchar(150) NOT NULL,
    hostname varchar(150) NOT NULL,
    status integer NOT NULL,
    proxyport integer NOT NULL DEFAULT 0,
    suspecttimes text NULL,
    starttime timestamptz(3) NOT NULL,
    iamalivetime timestamptz(3) NOT NULL,
    PRIMARY KEY (deploymentid, address, port, generation));

CREATE TABLE IF NOT EXISTS orleansquery (
    querykey varchar(64) PRIMARY KEY,
    querytext text NOT NULL);

-- Every change of the table counts its version on and says which it saw: of two that saw the same one wins, since the other waits for
-- the version's row and then finds another number in it. Each is one statement, so all of it holds or nothing.
INSERT INTO orleansquery (querykey, querytext) VALUES
('InsertMembershipVersionKey', $$
    WITH made AS (
        INSERT INTO cluster_versions (deploymentid) VALUES (@DeploymentId) ON CONFLICT DO NOTHING RETURNING 1)
    SELECT count(*)::integer FROM made $$),
('InsertMembershipKey', $$
    WITH counted AS (
        UPDATE cluster_versions SET version = version + 1, changedat = now()
        WHERE deploymentid = @DeploymentId AND version = @Version AND NOT EXISTS (
            SELECT 1 FROM cluster_members
            WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING 1),
    made AS (
        INSERT INTO cluster_members (deploymentid, address, port, generation, siloname, hostname, status, proxyport, starttime, iamalivetime)
        SELECT @DeploymentId, @Address, @Port, @Generation, @SiloName, @HostName, @Status, @ProxyPort, @StartTime, @IAmAliveTime FROM counted
        RETURNING 1)
    SELECT count(*)::integer FROM made $$),
('UpdateMembershipKey', $$
    WITH counted AS (
        UPDATE cluster_versions SET version = version + 1, changedat = now()
        WHERE deploymentid = @DeploymentId AND version = @Version AND EXISTS (
            SELECT 1 FROM cluster_members
            WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation)
        RETURNING 1),
    changed AS (
        UPDATE cluster_members SET status = @Status, suspecttimes = @SuspectTimes, iamalivetime = @IAmAliveTime
        WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation AND EXISTS (SELECT 1 FROM counted)
        RETURNING 1)
    SELECT count(*)::integer FROM changed $$),
('UpdateIAmAlivetimeKey', $$
    UPDATE cluster_members SET iamalivetime = @IAmAliveTime
    WHERE deploymentid = @DeploymentId AND address = @Address AND port = @Port AND generation = @Generation $$),
('MembershipReadRowKey', $$
    SELECT versions.deploymentid, members.address, members.port, members.generation, members.siloname, members.hostname, members.status,
        members.proxyport, members.suspecttimes, members.starttime, members.iamalivetime, versions.version
    FROM cluster_versions AS versions LEFT JOIN cluster_members AS members
        ON members.deploymentid = versions.deploymentid AND members.address = @Address AND members.port = @Port AND members.generation = @Generation
    WHERE versions.deploymentid = @DeploymentId $$),
('MembershipReadAllKey', $$
    SELECT versions.deploymentid, members.address, members.port, members.generation, members.siloname, members.hostname, members.status,
        members.proxyport, members.suspecttimes, members.starttime, members.iamalivetime, versions.version
    FROM cluster_versions AS versions LEFT JOIN cluster_members AS members ON members.deploymentid = versions.deploymentid
    WHERE versions.deploymentid = @DeploymentId $$),
('DeleteMembershipTableEntriesKey', $$
    WITH gone AS (DELETE FROM cluster_members WHERE deploymentid = @DeploymentId)
    DELETE FROM cluster_versions WHERE deploymentid = @DeploymentId $$),
('GatewaysQueryKey', $$
    SELECT address, proxyport, generation FROM cluster_members
    WHERE deploymentid = @DeploymentId AND status = @Status AND proxyport > 0 $$),
-- 3 is an active node, which is no remains of one however long it was silent: the others declare it dead first.
('CleanupDefunctSiloEntriesKey', $$
    DELETE FROM cluster_members WHERE deploymentid = @DeploymentId AND iamalivetime < @IAmAliveTime AND status <> 3 $$)
ON CONFLICT (querykey) DO UPDATE SET querytext = excluded.querytext;
