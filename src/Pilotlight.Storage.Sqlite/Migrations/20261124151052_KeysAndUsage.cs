using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Pilotlight.Storage.Sqlite.Migrations
{
    /// <inheritdoc />
    public partial class KeysAndUsage : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropIndex(
                name: "IX_turns_State",
                table: "turns");

            migrationBuilder.DropIndex(
                name: "IX_turns_ThreadId_IdempotencyKey",
                table: "turns");

            migrationBuilder.AddColumn<string>(
                name: "KeyId",
                table: "turns",
                type: "TEXT",
                nullable: false,
                defaultValue: "local");

            migrationBuilder.AddColumn<long>(
                name: "LastEventId",
                table: "turns",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.AddColumn<int>(
                name: "DroppedTurns",
                table: "threads",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0);

            migrationBuilder.AddColumn<string>(
                name: "Owner",
                table: "threads",
                type: "TEXT",
                nullable: false,
                defaultValue: "local");

            migrationBuilder.AddColumn<long>(
                name: "Version",
                table: "threads",
                type: "INTEGER",
                nullable: false,
                defaultValue: 0L);

            migrationBuilder.CreateTable(
                name: "budgets",
                columns: table => new
                {
                    KeyId = table.Column<string>(type: "TEXT", nullable: false),
                    Period = table.Column<string>(type: "TEXT", nullable: false),
                    SpentNanoUsd = table.Column<long>(type: "INTEGER", nullable: false),
                    ReservedNanoUsd = table.Column<long>(type: "INTEGER", nullable: false),
                    SpentTokens = table.Column<long>(type: "INTEGER", nullable: false),
                    ReservedTokens = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_budgets", x => new { x.KeyId, x.Period });
                });

            migrationBuilder.CreateTable(
                name: "keys",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", nullable: false),
                    Name = table.Column<string>(type: "TEXT", nullable: false),
                    Salt = table.Column<byte[]>(type: "BLOB", nullable: false),
                    Hash = table.Column<byte[]>(type: "BLOB", nullable: false),
                    IsAdmin = table.Column<bool>(type: "INTEGER", nullable: false),
                    CreatedAt = table.Column<long>(type: "INTEGER", nullable: false),
                    LastUsedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    RevokedAt = table.Column<long>(type: "INTEGER", nullable: true),
                    NanoUsdPerDay = table.Column<long>(type: "INTEGER", nullable: true),
                    NanoUsdPerMonth = table.Column<long>(type: "INTEGER", nullable: true),
                    TokensPerDay = table.Column<long>(type: "INTEGER", nullable: true),
                    TokensPerMonth = table.Column<long>(type: "INTEGER", nullable: true),
                    RequestsPerMinute = table.Column<int>(type: "INTEGER", nullable: true),
                    ConcurrentTurns = table.Column<int>(type: "INTEGER", nullable: true),
                    Models = table.Column<string>(type: "TEXT", nullable: true),
                    Profiles = table.Column<string>(type: "TEXT", nullable: true),
                    RateMinute = table.Column<long>(type: "INTEGER", nullable: false),
                    RateCount = table.Column<int>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_keys", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "leases",
                columns: table => new
                {
                    Id = table.Column<string>(type: "TEXT", nullable: false),
                    KeyId = table.Column<string>(type: "TEXT", nullable: false),
                    Epoch = table.Column<long>(type: "INTEGER", nullable: false),
                    ExpiresAt = table.Column<long>(type: "INTEGER", nullable: false),
                    Day = table.Column<string>(type: "TEXT", nullable: false),
                    Month = table.Column<string>(type: "TEXT", nullable: false),
                    NanoUsd = table.Column<long>(type: "INTEGER", nullable: false),
                    Tokens = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_leases", x => x.Id);
                });

            migrationBuilder.CreateTable(
                name: "servers",
                columns: table => new
                {
                    Epoch = table.Column<long>(type: "INTEGER", nullable: false),
                    Node = table.Column<string>(type: "TEXT", nullable: false),
                    ExpiresAt = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_servers", x => x.Epoch);
                });

            migrationBuilder.CreateTable(
                name: "usage",
                columns: table => new
                {
                    KeyId = table.Column<string>(type: "TEXT", nullable: false),
                    Day = table.Column<string>(type: "TEXT", nullable: false),
                    Model = table.Column<string>(type: "TEXT", nullable: false),
                    Turns = table.Column<long>(type: "INTEGER", nullable: false),
                    InputTokens = table.Column<long>(type: "INTEGER", nullable: false),
                    OutputTokens = table.Column<long>(type: "INTEGER", nullable: false),
                    CacheReadTokens = table.Column<long>(type: "INTEGER", nullable: false),
                    CacheWriteTokens = table.Column<long>(type: "INTEGER", nullable: false),
                    CostNanoUsd = table.Column<long>(type: "INTEGER", nullable: false)
                },
                constraints: table =>
                {
                    table.PrimaryKey("PK_usage", x => new { x.KeyId, x.Day, x.Model });
                });

            migrationBuilder.CreateIndex(
                name: "IX_turns_ThreadId_KeyId_IdempotencyKey",
                table: "turns",
                columns: new[] { "ThreadId", "KeyId", "IdempotencyKey" },
                unique: true);

            migrationBuilder.CreateIndex(
                name: "IX_turns_running",
                table: "turns",
                column: "ThreadId",
                unique: true,
                filter: "\"State\" <= 1");

            migrationBuilder.CreateIndex(
                name: "IX_threads_Owner_UpdatedAt_Id",
                table: "threads",
                columns: new[] { "Owner", "UpdatedAt", "Id" });

            migrationBuilder.CreateIndex(
                name: "IX_keys_CreatedAt",
                table: "keys",
                column: "CreatedAt");

            migrationBuilder.CreateIndex(
                name: "IX_leases_KeyId_ExpiresAt",
                table: "leases",
                columns: new[] { "KeyId", "ExpiresAt" });

            migrationBuilder.CreateIndex(
                name: "IX_usage_Day",
                table: "usage",
                column: "Day");
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropTable(
                name: "budgets");

            migrationBuilder.DropTable(
                name: "keys");

            migrationBuilder.DropTable(
                name: "leases");

            migrationBuilder.DropTable(
                name: "servers");

            migrationBuilder.DropTable(
                name: "usage");

            migrationBuilder.DropIndex(
                name: "IX_turns_ThreadId_KeyId_IdempotencyKey",
                table: "turns");

            migrationBuilder.DropIndex(
                name: "IX_turns_running",
                table: "turns");

            migrationBuilder.DropIndex(
                name: "IX_threads_Owner_UpdatedAt_Id",
                table: "threads");

            migrationBuilder.DropColumn(
                name: "KeyId",
                table: "turns");

            migrationBuilder.DropColumn(
                name: "LastEventId",
                table: "turns");

            migrationBuilder.DropColumn(
                name: "DroppedTurns",
                table: "threads");

            migrationBuilder.DropColumn(
                name: "Owner",
                table: "threads");

            migrationBuilder.DropColumn(
                name: "Version",
                table: "threads");

            migrationBuilder.CreateIndex(
                name: "IX_turns_State",
                table: "turns",
                column: "State");

            migrationBuilder.CreateIndex(
                name: "IX_turns_ThreadId_IdempotencyKey",
                table: "turns",
                columns: new[] { "ThreadId", "IdempotencyKey" },
                unique: true);
        }
    }
}
