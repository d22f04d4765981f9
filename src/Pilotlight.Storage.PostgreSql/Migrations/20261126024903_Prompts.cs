using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace Pilotlight.Storage.PostgreSql.Migrations
{
    /// <inheritdoc />
    public partial class Prompts : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<string>(
                name: "Prompt",
                table: "turns",
                type: "text",
                nullable: true);

            migrationBuilder.AddColumn<string>(
                name: "Calls",
                table: "messages",
                type: "text",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "Prompt",
                table: "turns");

            migrationBuilder.DropColumn(
                name: "Calls",
                table: "messages");
        }
    }
}
