using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Pilotlight.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class SaidAndAttached : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Attachments",
                table: "messages",
                type: "TEXT",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "FoldedText",
                table: "messages",
                type: "TEXT",
                nullable: true);

            // The index of what was said: trigrams of the folded text, which is kept where it is. Triggers hold the two together, also when a thread is deleted.
            migrationBuilder.Sql("""
                CREATE VIRTUAL TABLE message_search USING fts5("FoldedText", content='messages', content_rowid='Sequence', tokenize='trigram case_sensitive 1');
                CREATE TRIGGER message_search_insert AFTER INSERT ON messages WHEN new."FoldedText" IS NOT NULL BEGIN
                    INSERT INTO message_search(rowid, "FoldedText") VALUES (new."Sequence", new."FoldedText");
                END;
                CREATE TRIGGER message_search_delete AFTER DELETE ON messages WHEN old."FoldedText" IS NOT NULL BEGIN
                    INSERT INTO message_search(message_search, rowid, "FoldedText") VALUES ('delete', old."Sequence", old."FoldedText");
                END;
                CREATE TRIGGER message_search_fold AFTER UPDATE OF "FoldedText" ON messages WHEN old."FoldedText" IS NULL AND new."FoldedText" IS NOT NULL BEGIN
                    INSERT INTO message_search(rowid, "FoldedText") VALUES (new."Sequence", new."FoldedText");
                END;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("""
                DROP TRIGGER message_search_insert;
                DROP TRIGGER message_search_delete;
                DROP TRIGGER message_search_fold;
                DROP TABLE message_search;
                """);
            migrationBuilder.DropColumn(
                name: "Attachments",
                table: "messages");

            migrationBuilder.DropColumn(
                name: "FoldedText",
                table: "messages");
        }
    }
}
