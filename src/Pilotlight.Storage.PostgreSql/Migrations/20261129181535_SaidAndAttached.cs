using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Pilotlight.Storage.PostgreSql.Migrations
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
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "FoldedText",
                table: "messages",
                type: "text",
                nullable: true);

            // Where the server has pg_trgm and this user may add it, what was said is found by its index; else by looking through all of it.
            migrationBuilder.Sql("""
                DO $$ BEGIN
                    CREATE EXTENSION IF NOT EXISTS pg_trgm;
                    CREATE INDEX "IX_messages_FoldedText" ON messages USING gin ("FoldedText" gin_trgm_ops);
                EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported OR undefined_object THEN
                    RAISE NOTICE 'pg_trgm is not available: a search looks through all messages';
                END $$;
                """);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.Sql("""DROP INDEX IF EXISTS "IX_messages_FoldedText";""");
            migrationBuilder.DropColumn(
                name: "Attachments",
                table: "messages");

            migrationBuilder.DropColumn(
                name: "FoldedText",
                table: "messages");
        }
    }
}
