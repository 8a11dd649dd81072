BEGIN TRANSACTION;
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0002');
CREATE TABLE audit (
	id INTEGER NOT NULL, 
	at FLOAT NOT NULL, 
	person VARCHAR(64) NOT NULL, 
	action VARCHAR(20) NOT NULL, 
	run VARCHAR(20) DEFAULT '' NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "audit" VALUES(1,1.79527082535371303555e+09,'ben','share','1m7z7nnbqdhjecq4pyzc');
INSERT INTO "audit" VALUES(2,1795270825.35843,'ben','administer','');
CREATE TABLE browser (
	id VARCHAR(64) NOT NULL, 
	person VARCHAR(64) NOT NULL, 
	until FLOAT NOT NULL, 
	login BOOLEAN NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(person) REFERENCES person (id)
);
INSERT INTO "browser" VALUES('browser-2','a6aeda4b0c0fa06ef73d8f6e7803a8ff',32503680000.0,1);
INSERT INTO "browser" VALUES('browser-1','ben',32503680000.0,0);
CREATE TABLE dataset (
	id VARCHAR(20) NOT NULL, 
	owner VARCHAR(64) NOT NULL, 
	title VARCHAR(80) NOT NULL, 
	kind VARCHAR(12) NOT NULL, 
	count BIGINT NOT NULL, 
	bytes BIGINT NOT NULL, 
	created FLOAT NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(owner) REFERENCES person (id)
);
CREATE TABLE dataset_opened (
	share INTEGER NOT NULL, 
	person VARCHAR(64) NOT NULL, 
	FOREIGN KEY(person) REFERENCES person (id), 
	FOREIGN KEY(share) REFERENCES dataset_share (id) ON DELETE CASCADE, 
	UNIQUE (share, person)
);
CREATE TABLE dataset_share (
	id INTEGER NOT NULL, 
	dataset VARCHAR(20) NOT NULL, 
	token VARCHAR(64) NOT NULL, 
	created FLOAT NOT NULL, 
	expires FLOAT NOT NULL, 
	revoked FLOAT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(dataset) REFERENCES dataset (id) ON DELETE CASCADE, 
	UNIQUE (token)
);
CREATE TABLE opened (
	share INTEGER NOT NULL, 
	person VARCHAR(64) NOT NULL, 
	FOREIGN KEY(person) REFERENCES person (id), 
	FOREIGN KEY(share) REFERENCES share (id) ON DELETE CASCADE, 
	UNIQUE (share, person)
);
INSERT INTO "opened" VALUES(1,'anna');
CREATE TABLE person (
	id VARCHAR(64) NOT NULL, 
	subject VARCHAR(500), 
	label VARCHAR(80) DEFAULT '' NOT NULL, 
	created FLOAT NOT NULL, 
	last_seen FLOAT NOT NULL, 
	last_started FLOAT DEFAULT '0' NOT NULL, 
	admin_until FLOAT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	UNIQUE (subject)
);
INSERT INTO "person" VALUES('owner',NULL,'',1.79527082533300375933e+09,1.79527082533300375933e+09,0.0,0.0);
INSERT INTO "person" VALUES('ben',NULL,'',1.79527082534459972388e+09,1.79527082535810685159e+09,0.0,1.79531402535820388795e+09);
INSERT INTO "person" VALUES('anna',NULL,'',1.79527082535480189328e+09,1.79527082535480189328e+09,0.0,0.0);
INSERT INTO "person" VALUES('a6aeda4b0c0fa06ef73d8f6e7803a8ff','https://issuer user-1','',1.7952708253557574749e+09,1.7952708253557574749e+09,0.0,0.0);
CREATE TABLE run (
	id VARCHAR(20) NOT NULL, 
	owner VARCHAR(64) NOT NULL, 
	name VARCHAR(80) DEFAULT '' NOT NULL, 
	note TEXT DEFAULT '' NOT NULL, 
	tags TEXT DEFAULT '[]' NOT NULL, 
	dataset VARCHAR(40) NOT NULL, 
	variant VARCHAR(40) NOT NULL, 
	demo BOOLEAN DEFAULT '0' NOT NULL, 
	created FLOAT NOT NULL, 
	state VARCHAR(12) NOT NULL, 
	message TEXT DEFAULT '' NOT NULL, 
	reason VARCHAR(20) DEFAULT '' NOT NULL, 
	wish VARCHAR(10) DEFAULT '' NOT NULL, 
	step BIGINT DEFAULT '0' NOT NULL, 
	total_steps BIGINT DEFAULT '0' NOT NULL, 
	score FLOAT, 
	bytes BIGINT DEFAULT '0' NOT NULL, 
	deleted FLOAT, 
	queued FLOAT DEFAULT '0' NOT NULL, 
	not_before FLOAT DEFAULT '0' NOT NULL, 
	tries INTEGER DEFAULT '0' NOT NULL, 
	saved_step BIGINT DEFAULT '0' NOT NULL, 
	seconds FLOAT, 
	memory BIGINT DEFAULT '0' NOT NULL, 
	gpu_memory BIGINT DEFAULT '0' NOT NULL, 
	threads INTEGER DEFAULT '1' NOT NULL, 
	attempt INTEGER DEFAULT '0' NOT NULL, 
	engine VARCHAR(10) DEFAULT '' NOT NULL, 
	handle TEXT DEFAULT '' NOT NULL, 
	supervisor VARCHAR(40) DEFAULT '' NOT NULL, 
	lease_until FLOAT DEFAULT '0' NOT NULL, 
	started FLOAT DEFAULT '0' NOT NULL, 
	used_seconds FLOAT DEFAULT '0' NOT NULL, 
	PRIMARY KEY (id), 
	FOREIGN KEY(owner) REFERENCES person (id)
);
INSERT INTO "run" VALUES('1m7z7nnb92wcfvkjeka3','owner','Demonstration','','[]','digits','vae',1,1793000000.0,'finished','','','',32,32,21.5,123456,NULL,1793000000.0,0.0,0,0,NULL,1000000,0,1,1,'local','','',0.0,1793000001.0,0.0);
INSERT INTO "run" VALUES('1m7z7nnbqdhjecq4pyzc','ben','Möbius','two
lines','["thesis", "b"]','digits','vae',0,1793000100.0,'paused','','','',7,32,NULL,0,NULL,1793000100.0,0.0,0,0,12.5,1000000,0,1,2,'','','',0.0,0.0,0.0);
CREATE TABLE setting (
	"key" VARCHAR(40) NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY ("key")
);
INSERT INTO "setting" VALUES('quotas','{"running": 2, "queued": 3, "disk_gb": 2.0, "parameters": 50000000, "epochs": 1000, "minutes": 30.0}');
CREATE TABLE share (
	id INTEGER NOT NULL, 
	run VARCHAR(20) NOT NULL, 
	token VARCHAR(64) NOT NULL, 
	created FLOAT NOT NULL, 
	expires FLOAT NOT NULL, 
	revoked FLOAT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(run) REFERENCES run (id) ON DELETE CASCADE, 
	UNIQUE (token)
);
INSERT INTO "share" VALUES(1,'1m7z7nnbqdhjecq4pyzc','21d630cd632b2c88f778be1560fac85e93620195dec06282e3082a7089ad3fef',1.79527082535313248635e+09,1.82680682535313248637e+09,NULL);
CREATE INDEX run_of_owner ON run (owner, created);
CREATE INDEX run_in_state ON run (state);
CREATE INDEX dataset_of_owner ON dataset (owner, created);
COMMIT;
